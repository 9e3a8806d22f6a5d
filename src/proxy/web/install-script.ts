/** The script behind `curl https://PROXY/static/install.sh | bash -s VERSION EDITION` (guide, step 2). Pure: text from values. */

export interface InstallScriptFacts {
  /** `host:port` under which people reach this proxy. */
  readonly publicAddress: string
  /** The version this proxy runs and serves. */
  readonly version: string
}

/** The name of the package of a machine: `linux-x64`, `linux-arm64`. */
export function packageName(version: string, platform: string): string {
  return `portunus-v${version}-${platform}.tar.gz`
}

/** All of it is inside one function, so that a download cut short does nothing. */
export function installScript(facts: InstallScriptFacts): string {
  return `#!/usr/bin/env bash
# Installs teleport, tctl and tsh of the version that this proxy runs.
#   curl https://${facts.publicAddress}/static/install.sh | bash -s VERSION [EDITION]
# PORTUNUS_PREFIX (default /usr/local) is where the programs go.
set -euo pipefail

main() {
  local address='${facts.publicAddress}' served='${facts.version}'
  local version="\${1:-}" edition="\${2:-oss}" prefix="\${PORTUNUS_PREFIX:-/usr/local}"

  fail() { printf 'ERROR: %s\\nHINT: %s\\n' "$1" "$2" >&2; exit 1; }

  case "$version" in
    '') fail 'Cannot install: no version was given' "run it as: curl https://$address/static/install.sh | bash -s $served oss" ;;
    *[!0-9.]* | .* | *.) fail "Cannot install the version \\"$version\\": expected digits and dots, with no v in front" "run it with: bash -s $served oss" ;;
  esac
  [ "$version" = "$served" ] || fail "Cannot install the version \\"$version\\": this proxy serves \\"$served\\"" "run it with: bash -s $served oss"
  case "$edition" in
    oss) ;;
    enterprise | cloud) fail "Cannot install the edition \\"$edition\\": there is one edition, oss" "run it with: bash -s $served oss" ;;
    *) fail "Cannot install the edition \\"$edition\\": expected oss" "run it with: bash -s $served oss" ;;
  esac

  local system machine platform
  system="$(uname -s)" machine="$(uname -m)"
  case "$system $machine" in
    'Linux x86_64') platform=linux-x64 ;;
    'Linux aarch64' | 'Linux arm64') platform=linux-arm64 ;;
    *) fail "Cannot install on $system $machine: packages are for Linux on x86_64 and arm64" 'install with npm where Node.js 24 is: npm install -g portunus' ;;
  esac
  command -v curl > /dev/null || fail 'Cannot download: curl is not installed' 'install curl and run it again'
  command -v sha256sum > /dev/null || fail 'Cannot verify: sha256sum is not installed' 'install coreutils and run it again'
  mkdir -p "$prefix/lib" "$prefix/bin" 2> /dev/null && [ -w "$prefix/lib" ] && [ -w "$prefix/bin" ] ||
    fail "Cannot write to $prefix: permission denied" "run it as root: curl https://$address/static/install.sh | sudo bash -s $served $edition"

  local package="portunus-v$version-$platform.tar.gz" directory target="$prefix/lib/portunus"
  directory="$(mktemp -d)"
  trap "rm -rf '$directory'" EXIT
  echo "Downloading $package from $address"
  curl --fail --silent --show-error --proto '=https' --tlsv1.2 -o "$directory/$package" "https://$address/static/$package" ||
    fail "Cannot download \\"$package\\": the proxy does not serve it" "look at: curl https://$address/v1/webapi/ping"
  curl --fail --silent --show-error --proto '=https' --tlsv1.2 -o "$directory/$package.sha256" "https://$address/static/$package.sha256"
  (cd "$directory" && sha256sum --check --status "$package.sha256") ||
    fail "Cannot install \\"$package\\": its checksum differs from the one the proxy gave" 'run it again; the download was damaged'

  mkdir "$directory/new"
  tar -xzf "$directory/$package" -C "$directory/new"
  rm -rf "$target.old"
  if [ -e "$target" ]; then mv "$target" "$target.old"; fi
  mv "$directory/new" "$target"
  chmod 0755 "$target"
  rm -rf "$target.old"
  local program
  for program in teleport tctl tsh; do
    ln -sf "$target/bin/$program" "$prefix/bin/$program"
  done
  "$prefix/bin/teleport" version
  printf 'Installed in %s/bin: teleport tctl tsh\\n' "$prefix"
}

main "$@"
`
}

/** What `/v1/webapi/ping` and `/v1/webapi/find` tell about the cluster, in the shape that upstream's clients and scripts read. */

export interface PingFacts {
  readonly clusterName: string
  readonly version: string
  readonly publicAddress: string
  readonly caPins: readonly string[]
}

/** The parts that everybody may ask for, agents too. */
export function findDocument({ clusterName, version, publicAddress, caPins }: PingFacts): Readonly<Record<string, unknown>> {
  return {
    proxy: {
      kube: { enabled: false },
      ssh: { public_addr: publicAddress, ssh_tunnel_public_addr: publicAddress, web_listen_addr: publicAddress },
      db: { postgres_public_addr: publicAddress },
      tls_routing_enabled: true,
    },
    server_version: version,
    min_client_version: version,
    cluster_name: clusterName,
    automatic_upgrades: false,
    edition: 'community',
    fips: false,
    ca_pins: caPins,
  }
}

/** The same, and how people log in. */
export function pingDocument(facts: PingFacts): Readonly<Record<string, unknown>> {
  return {
    auth: {
      type: 'local',
      second_factor: 'otp',
      preferred_local_mfa: 'otp',
      allow_passwordless: false,
      allow_headless: false,
      local: { name: '' },
      private_key_policy: 'none',
      has_motd: false,
    },
    ...findDocument(facts),
  }
}

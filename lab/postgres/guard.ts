/** A small shell that outlives the lab by a moment: when the lab dies without a farewell (kill -9), it stops PostgreSQL and removes its files. */
import { spawn } from 'node:child_process'

// Waits for the end of its standard input, which the kernel closes with the lab. The first line of postmaster.pid is the process id,
// and the file is gone once PostgreSQL has stopped, so no stranger's process is hit.
const script = `
cat > /dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then
  kill -INT "$pid" 2> /dev/null
  tries=0
  while [ -e "$1/data/postmaster.pid" ] && [ $tries -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done
fi
rm -rf "$1"
`

/** Guards the directory until disposed of; disposing does the same work when it is still to do. */
export function guardDirectory(directory: string): AsyncDisposable {
  // Detached: a Ctrl-C in the terminal must not reach it before the lab has stopped on its own.
  const shell = spawn('/bin/sh', ['-c', script, 'lab-guard', directory], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve())
    shell.once('error', () => resolve())
  })
  shell.stdin.on('error', () => undefined)
  shell.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      shell.ref()
      shell.stdin.end()
      await ended
    },
  }
}

/** What a stranger to the cluster sees: where they are, and how people log in. */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { fetchCluster } from './api.ts'
import { loginCommand } from './login-command.ts'
import { Command, Failure, Page, Waiting } from './page.tsx'

export function LandingPage(): ReactNode {
  const cluster = useQuery({ queryKey: ['cluster'], queryFn: ({ signal }) => fetchCluster(signal) })
  if (cluster.isPending) return <Waiting />
  if (cluster.isError) {
    return (
      <Page title="Portunus">
        <Failure error={cluster.error} />
      </Page>
    )
  }
  return (
    <Page title={cluster.data.clusterName}>
      <p>Databases of this cluster are reached with tsh. Log in with your own user name:</p>
      <Command text={loginCommand(window.location.host, 'alice')} />
      <p>
        No user yet? An administrator of the cluster creates one with <code>tctl users add</code> and sends you a link.
      </p>
      <p className="quiet-text">Version {cluster.data.version}</p>
    </Page>
  )
}

/** The page of an invitation or a reset: shows whose it is, then the form, then how to log in. */
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { fetchInvite, redeemInvite } from './api.ts'
import { InviteForm } from './invite-form.tsx'
import { loginCommand } from './login-command.ts'
import { Command, Failure, Page, Waiting } from './page.tsx'

export function InvitePage({ token }: { readonly token: string }): ReactNode {
  const invite = useQuery({ queryKey: ['invite', token], queryFn: ({ signal }) => fetchInvite(token, signal) })
  const redemption = useMutation({
    mutationFn: (choice: { readonly password: string; readonly otp: string }) => redeemInvite(token, choice),
  })
  if (redemption.isSuccess) return <Welcome user={redemption.data} caPin={invite.data?.loginCaPin} />
  if (invite.isPending) return <Waiting />
  if (invite.isError) {
    return (
      <Page title="This link cannot be used">
        <Failure error={invite.error} />
      </Page>
    )
  }
  const { user, clusterName, usage } = invite.data
  return (
    <Page title={usage === 'reset' ? `New password for ${user}` : `Welcome, ${user}`}>
      <p>
        {usage === 'reset'
          ? 'Choose a new password and set up the authenticator app again for'
          : 'Choose a password and set up an authenticator app for'}{' '}
        <strong>{user}</strong> in the cluster <strong>{clusterName}</strong>.
      </p>
      <InviteForm invite={invite.data} error={redemption.error} isPending={redemption.isPending} onSubmit={redemption.mutate} />
    </Page>
  )
}

function Welcome({ user, caPin }: { readonly user: string; readonly caPin: string | undefined }): ReactNode {
  return (
    <Page title="All set">
      <p role="status">
        The password and the authenticator app of <strong>{user}</strong> are set up. Log in from a terminal:
      </p>
      <Command text={loginCommand(window.location.host, user, caPin)} />
      <p>
        Then <code>tsh db ls</code> lists the databases you may use. This link has been used up; the page can be closed.
      </p>
    </Page>
  )
}

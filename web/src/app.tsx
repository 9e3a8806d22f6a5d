/** Chooses the page for the present address. There is one page an address: nothing navigates inside the app. */
import type { ReactNode } from 'react'
import { InvitePage } from './invite-page.tsx'
import { LandingPage } from './landing-page.tsx'
import { Page } from './page.tsx'
import { routeOf } from './route.ts'

export function App(): ReactNode {
  const route = routeOf(window.location.pathname)
  switch (route.kind) {
    case 'landing':
      return <LandingPage />
    case 'invite':
      return <InvitePage token={route.token} />
    case 'not-found':
      return (
        <Page title="There is no page here">
          <p>Check the address. An invitation link is valid only as a whole.</p>
        </Page>
      )
  }
  route satisfies never
}

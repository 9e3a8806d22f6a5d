/**
 * The invitation page in a real browser: the built web UI behind the real web application, over HTTP on loopback. The
 * authority is a small one of the test's own. Left out, with a message, where the machine has no Chromium.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { serve, type Http2Bindings, type HttpBindings, type ServerType } from '@hono/node-server'
import { Secret, TOTP } from 'otpauth'
import { chromium, type Browser, type Page } from 'playwright-core'
import { PortunusError } from '#foundation'
import { createWebApplication, type WebAuthority } from '../../src/proxy/web/web-application.ts'

const chromiumPath = '/usr/bin/chromium'
const webFolder = join(import.meta.dirname, '..', '..', 'dist', 'web')
const goodPassword = 'correct horse battery'
const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Knows one invitation for alice, good for one redemption with the code of the secret it showed. */
class InvitingAuthority implements WebAuthority {
  readonly totp = new TOTP({ issuer: 'example', label: 'alice@localhost', secret: new Secret({ size: 20 }) })
  #redeemedPassword: string | undefined

  get redeemedPassword(): string | undefined {
    return this.#redeemedPassword
  }

  async ping(): ReturnType<WebAuthority['ping']> {
    return { clusterName: 'example', version: '1.2.3', caPins: [] }
  }

  async getInvite({ token }: Parameters<WebAuthority['getInvite']>[0]): ReturnType<WebAuthority['getInvite']> {
    this.#check(token)
    return {
      user: 'alice',
      clusterName: 'example',
      otpUri: this.totp.toString(),
      otpSecret: this.totp.secret.base32,
      expires: new Date(Date.now() + 3_600_000).toISOString(),
      usage: 'invite',
    }
  }

  async redeemInvite(request: Parameters<WebAuthority['redeemInvite']>[0]): ReturnType<WebAuthority['redeemInvite']> {
    this.#check(request.token)
    if (this.totp.validate({ token: request.oneTimePassword, window: 1 }) === null) {
      throw new PortunusError('TEST_CODE_REFUSED', 'Cannot set up "alice": the code is not the one of the app', {
        category: 'bad-input',
        hint: 'check the clock of the phone and type the code shown now',
      })
    }
    this.#redeemedPassword = request.password
    return { user: 'alice' }
  }

  async login(): ReturnType<WebAuthority['login']> {
    throw new PortunusError('TEST_UNUSED', 'Cannot log in: nobody does in this test')
  }

  async joinHost(): ReturnType<WebAuthority['joinHost']> {
    throw new PortunusError('TEST_UNUSED', 'Cannot join: nobody does in this test')
  }

  #check(token: string): void {
    if (token === 'good' && this.#redeemedPassword === undefined) return
    throw new PortunusError('TEST_INVITE_UNKNOWN', 'Cannot open the invitation: it is used up or out of date', {
      category: 'not-found',
      hint: 'ask an administrator for a new link',
    })
  }
}

function serveWeb(authority: WebAuthority): ServerType {
  const app = createWebApplication({
    authority,
    assets: {
      read(path) {
        const file = join(webFolder, path)
        return existsSync(file)
          ? {
              bytes: new Uint8Array(readFileSync(file)),
              contentType: contentTypes[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
            }
          : undefined
      },
    },
    publicAddress: 'localhost:3080',
    version: '1.2.3',
    clock: { monotonicMilliseconds: () => performance.now() },
    log: { error: (message, fields) => console.error(message, fields) },
  })
  const answer = (request: Request, { incoming }: HttpBindings | Http2Bindings) =>
    app.fetch(request, { remoteAddress: incoming.socket.remoteAddress ?? 'unknown' })
  return serve({ fetch: answer, hostname: '127.0.0.1', port: 0 })
}

function portOf(server: ServerType): number {
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return address.port
}

const reasonToSkip = existsSync(chromiumPath) ? false : `there is no browser at ${chromiumPath}`

describe('the invitation page', { skip: reasonToSkip }, () => {
  let browser: Browser
  let server: ServerType
  let authority: InvitingAuthority
  /** What the browser complained about, on any page. */
  const complaints: string[] = []

  before(async () => {
    assert(existsSync(join(webFolder, 'index.html')), 'the web UI has not been built: run npm run build')
    authority = new InvitingAuthority()
    server = serveWeb(authority)
    if (!server.listening) await once(server, 'listening')
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  })

  after(async () => {
    await browser?.close()
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  })

  async function open(path: string, width = 1000): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 } })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      const isExpected = message.text().includes('Failed to load resource')
      if (message.type() === 'error' && !isExpected) complaints.push(message.text())
    })
    await page.goto(`http://127.0.0.1:${portOf(server)}${path}`)
    return page
  }

  test('a wrong link says so, and what to do', async () => {
    const page = await open('/web/invite/other')
    await page.getByRole('heading', { name: 'This link cannot be used' }).waitFor()
    assert.match(await page.getByRole('alert').innerText(), /used up or out of date\s+Hint: ask an administrator for a new link/)
    await page.close()
  })

  test('every address below /web that is no page says so', async () => {
    const page = await open('/web/nowhere')
    await page.getByRole('heading', { name: 'There is no page here' }).waitFor()
    await page.close()
  })

  test('the landing page names the cluster and the way to log in', async () => {
    const page = await open('/')
    await page.getByRole('heading', { name: 'example' }).waitFor()
    assert.match(await page.locator('pre').innerText(), /^tsh login --proxy=127\.0\.0\.1:\d+ --user=alice$/)
    await page.close()
  })

  test('a narrow window needs no scrolling sideways', async () => {
    const page = await open('/web/invite/good', 360)
    await page.getByLabel('Code', { exact: true }).waitFor()
    assert(await page.evaluate<boolean>('document.documentElement.scrollWidth <= window.innerWidth'))
    await page.close()
  })

  test('a person reads the form, makes every mistake, and is let in at last', async () => {
    const page = await open('/web/invite/good')
    await page.getByRole('heading', { name: 'Welcome, alice' }).waitFor()
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'open the app' }).getAttribute('href'), authority.totp.toString())
    const secret = (await page.locator('.secret').innerText()).replaceAll(' ', '')
    assert.equal(secret, authority.totp.secret.base32)

    const [password, again, code] = ['Password', 'Password again', 'Code'].map((label) => page.getByLabel(label, { exact: true }))
    assert(password !== undefined && again !== undefined && code !== undefined)
    const submit = page.getByRole('button', { name: 'Set up' })

    await submit.click()
    await page.getByText('Choose a password.').waitFor()
    await page.waitForFunction("document.activeElement.autocomplete === 'new-password'")
    await password.fill('too short')
    await page.getByText('3 more characters, please').waitFor()
    await password.fill(goodPassword)
    await again.fill('something else')
    await page.getByText('The two passwords differ.').waitFor()
    await again.fill(goodPassword)
    await code.fill('12345')
    await page.getByText('A code has 6 digits.').waitFor()
    await code.fill('000 000')
    if (authority.totp.validate({ token: '000000', window: 1 }) === null) {
      await submit.click()
      assert.match(await page.getByRole('alert').innerText(), /the code is not the one of the app\s+Hint: check the clock/)
    }

    const shownByApp = new TOTP({ secret: Secret.fromBase32(secret) }).generate()
    await code.fill(`${shownByApp.slice(0, 3)} ${shownByApp.slice(3)}`)
    await code.press('Enter')
    await page.getByRole('heading', { name: 'All set' }).waitFor()
    assert.match(await page.locator('pre').innerText(), /^tsh login --proxy=127\.0\.0\.1:\d+ --user=alice$/)
    assert.equal(authority.redeemedPassword, goodPassword)
    await page.close()
  })

  test('the link works once', async () => {
    const page = await open('/web/invite/good')
    await page.getByRole('heading', { name: 'This link cannot be used' }).waitFor()
    await page.close()
  })

  test('the browser had nothing to complain about, the content policy least of all', () => assert.deepEqual(complaints, []))
})

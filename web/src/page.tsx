/** The frame around every page, and the few pieces all pages share: waiting, failure, a command to copy. */
import { type ReactNode, useEffect, useState } from 'react'
import { ApiError } from './api.ts'

export function Page({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} - Portunus`
  }, [title])
  return (
    <>
      <header>Portunus</header>
      <main>
        <h1>{title}</h1>
        {children}
      </main>
    </>
  )
}

export function Waiting(): ReactNode {
  return (
    <main>
      <p role="status">Loading …</p>
    </main>
  )
}

export function Failure({ error }: { readonly error: Error }): ReactNode {
  const hint = error instanceof ApiError ? error.hint : undefined
  return (
    <div className="failure" role="alert">
      <p>{error.message}</p>
      {hint === undefined ? null : <p className="hint">Hint: {hint}</p>}
    </div>
  )
}

export function Command({ text }: { readonly text: string }): ReactNode {
  const [copied, setCopied] = useState(false)
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <div className="command">
      <pre>
        <code>{text}</code>
      </pre>
      {window.isSecureContext ? (
        <button type="button" className="quiet" onClick={copy} aria-live="polite">
          {copied ? 'Copied' : 'Copy'}
        </button>
      ) : null}
    </div>
  )
}

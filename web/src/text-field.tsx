/** A labelled input with its explanation and its problem, tied together for people who hear the page. */
import { type ReactNode, useId, useState } from 'react'

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly explanation?: string
  readonly problem: string | undefined
  /** Problems of a field that nobody has touched yet stay unsaid until this is true. */
  readonly isSubmitted: boolean
  readonly hidden?: boolean
  readonly autoComplete: string
  readonly inputMode?: 'numeric' | 'text'
}

export function TextField(props: TextFieldProps): ReactNode {
  const id = useId()
  const [isTouched, setTouched] = useState(false)
  const problem = isTouched || props.isSubmitted ? props.problem : undefined
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {props.explanation === undefined ? null : (
        <p className="explanation" id={`${id}-explanation`}>
          {props.explanation}
        </p>
      )}
      <input
        id={id}
        type={props.hidden === true ? 'password' : 'text'}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        onBlur={() => setTouched(props.value !== '' || isTouched)}
        autoComplete={props.autoComplete}
        inputMode={props.inputMode ?? 'text'}
        spellCheck={false}
        autoCapitalize="none"
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-explanation ${id}-problem`}
      />
      <p className="problem" id={`${id}-problem`} aria-live="polite">
        {problem}
      </p>
    </div>
  )
}

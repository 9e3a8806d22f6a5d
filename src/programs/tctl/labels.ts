/** `--labels k=v,k2=v2` of tctl. */
import { PortunusError } from '#foundation'
import { listFlag, type TctlContext } from './context.ts'

/** Throws LABEL_MALFORMED for a part without `=` or with an empty key. */
export function labelsFlag(context: TctlContext): Readonly<Record<string, string>> {
  return parseLabelParts(listFlag(context, 'labels'))
}

export function parseLabelParts(parts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.indexOf('=')
      if (at > 0) return [part.slice(0, at).trim(), part.slice(at + 1).trim()]
      throw new PortunusError('LABEL_MALFORMED', `Cannot read the label "${part}": expected key=value`, {
        category: 'bad-input',
        hint: 'write labels like env=dev,team=data',
      })
    }),
  )
}

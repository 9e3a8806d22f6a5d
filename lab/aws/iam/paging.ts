/** Lists in pages, as every List action of IAM gives them: MaxItems and Marker in, IsTruncated and Marker out. */
import { validationError } from '../aws-error.ts'
import type { AwsCall } from '../operation.ts'
import type { XmlTree } from '../query-protocol.ts'

/** Throws ValidationError. */
export function page<Item>({ parameters }: AwsCall, items: readonly Item[]): { readonly items: readonly Item[]; readonly rest: XmlTree } {
  const size = parameters.integer('MaxItems', { least: 1, most: 1000, absent: 100, refusal: validationError })
  const marker = parameters.optional('Marker')
  const first = marker === undefined ? 0 : Number(/^page-(\d{1,6})$/.exec(marker)?.[1] ?? Number.NaN)
  if (Number.isNaN(first)) throw validationError(`Invalid Marker: ${marker ?? ''}`)
  const next = first + size
  const isTruncated = next < items.length
  return { items: items.slice(first, next), rest: { IsTruncated: isTruncated, Marker: isTruncated ? `page-${next}` : undefined } }
}

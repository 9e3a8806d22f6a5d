/** Names inside documents, as schemas. */
import { checkedText } from './fields.ts'
import { expectedOfDatabaseName, expectedOfName } from './name.ts'

export const checkedName = checkedText(expectedOfName)
export const checkedDatabaseName = checkedText(expectedOfDatabaseName)

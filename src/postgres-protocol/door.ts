/**
 * The PostgreSQL protocol (frontend/backend protocol 3.x, PostgreSQL manual chapter 54, with Amazon Redshift's additions):
 * bytes in, values out, and back. Pure: nothing here waits, reads a socket or knows who is connected.
 */
export * from './startup-packet.ts'
export * from './authentication.ts'
export * from './error-response.ts'
export * from './session-messages.ts'
export * from './backend-key-rewriter.ts'
export { createStatementAssembler, type StatementAssembler, type StatementAssemblerOptions, type Surprise } from './statement-assembler.ts'
export type { LongTexts, SqlText, StatementBegun, StatementFinished, StatementOutcome } from './statement.ts'
export type { ParameterValue } from './parameter-values.ts'

/** What lives where under `teleport.data_dir`. */
import { join } from 'node:path'

export interface DataDirectory {
  readonly hostUuid: string
  readonly authorityStore: string
  readonly auditStore: string
  /** 32 bytes in hexadecimal that seal private keys and second factors in the store. */
  readonly secretKey: string
  readonly adminCertificate: string
  readonly adminKey: string
  readonly adminAuthority: string
  readonly agentIdentity: string
  readonly auditJournal: string
  readonly auditJournalSpare: string
  readonly auditJournalAcknowledged: string
}

export function dataDirectory(path: string): DataDirectory {
  return {
    hostUuid: join(path, 'host_uuid'),
    authorityStore: join(path, 'authority', 'store.db'),
    auditStore: join(path, 'authority', 'audit.db'),
    secretKey: join(path, 'authority', 'secret.key'),
    adminCertificate: join(path, 'admin', 'identity.crt'),
    adminKey: join(path, 'admin', 'identity.key'),
    adminAuthority: join(path, 'admin', 'ca.pem'),
    agentIdentity: join(path, 'agent', 'identity.json'),
    auditJournal: join(path, 'agent', 'audit.journal'),
    auditJournalSpare: join(path, 'agent', 'audit.journal.spare'),
    auditJournalAcknowledged: join(path, 'agent', 'audit.acknowledged'),
  }
}

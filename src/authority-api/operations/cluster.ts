/** Operations about the cluster itself: who it is, which authorities it trusts, which proxies it has. */
import * as z from 'zod'
import { host, throughProxy, withCertificate, type Operation } from '../operation.ts'
import { authorities, nothing, pemList, shortText, time } from '../schemas.ts'

export const clusterOperations = {
  ping: {
    method: 'GET',
    path: '/v1/ping',
    needs: [withCertificate],
    request: nothing,
    response: z.object({ clusterName: z.string(), version: z.string(), caPins: z.array(z.string()).readonly() }),
  },
  /** What `tctl status` prints; nothing in it is a secret. */
  getStatus: {
    method: 'GET',
    path: '/v1/status',
    needs: [withCertificate],
    request: nothing,
    response: z.object({
      clusterName: z.string(),
      version: z.string(),
      authorities: z.array(z.object({ type: z.string(), rotation: z.string(), pins: z.array(z.string()).readonly() })).readonly(),
    }),
  },
  getAuthorities: {
    method: 'GET',
    path: '/v1/authorities',
    needs: [withCertificate],
    request: nothing,
    response: authorities,
  },
  /** A proxy says where people reach it; the word is good for ten minutes. */
  upsertProxy: {
    method: 'POST',
    path: '/v1/proxies/upsert',
    needs: [host('Proxy')],
    request: z.object({ publicAddress: shortText }),
    response: z.object({ expires: time }),
  },
  listProxies: {
    method: 'GET',
    path: '/v1/proxies',
    needs: [withCertificate],
    request: nothing,
    response: z.object({
      proxies: z.array(z.object({ hostId: z.string(), hostname: z.string(), publicAddress: z.string() })).readonly(),
    }),
  },
  /** A host joins with a token; a proxy forwards, because the host has no certificate yet. */
  joinHost: {
    method: 'POST',
    path: '/v1/hosts/join',
    needs: [throughProxy],
    request: z.object({
      token: z.string().min(1).max(1024),
      hostId: shortText,
      hostname: shortText,
      roles: z.array(shortText).min(1).max(8).readonly(),
      publicKeyPem: z.string().min(1).max(32_768),
      clientAddress: shortText,
    }),
    response: z.object({
      certificatePem: z.string(),
      hostAuthoritiesPem: pemList,
      userAuthoritiesPem: pemList,
      dbAuthoritiesPem: pemList,
      clusterName: z.string(),
    }),
  },
} as const satisfies Record<string, Operation>

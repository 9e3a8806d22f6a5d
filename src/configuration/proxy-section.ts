/** The `proxy_service` section: where the one port listens, what people call it, and its certificates. */
import * as z from 'zod/mini'
import { publicAddresses } from './auth-section.ts'
import { defaultProxy, webPort, type HttpsKeypair, type ProxyConfiguration } from './configuration.ts'
import { absolutePath, address, anything, duration, flag, list, oneOrMany, optional, scalar, section, text, withDefault } from './schema.ts'

const keypairSchema = z.pipe(
  section({ key_file: absolutePath, cert_file: absolutePath }),
  z.transform((pair): HttpsKeypair => ({ certificateFile: pair.cert_file, keyFile: pair.key_file })),
)

/** Refused rather than passed over: without it browsers would meet a certificate nobody trusts. */
const noAcme = scalar('"no", this version takes its certificate from https_keypairs', (value) =>
  /^(?:no|false|off)$/i.test(value) ? false : undefined,
)

export const proxySchema = z.pipe(
  section({
    enabled: withDefault(flag, true),
    web_listen_addr: withDefault(address(webPort), defaultProxy.webListenAddress),
    public_addr: withDefault(oneOrMany(text), []),
    https_keypairs: withDefault(list(keypairSchema), []),
    https_keypairs_reload_interval: optional(duration),
    acme: optional(section({ enabled: optional(noAcme), email: optional(text) })),
    listen_addr: anything,
    tunnel_listen_addr: anything,
    postgres_listen_addr: anything,
    postgres_public_addr: anything,
    mysql_listen_addr: anything,
    mysql_public_addr: anything,
    mongo_listen_addr: anything,
    mongo_public_addr: anything,
    kube_listen_addr: anything,
    kube_public_addr: anything,
    ssh_public_addr: anything,
    tunnel_public_addr: anything,
    peer_listen_addr: anything,
    peer_public_addr: anything,
    trust_x_forwarded_for: anything,
    proxy_protocol: anything,
    ui: anything,
  }),
  z.transform((proxy, context): ProxyConfiguration => ({
    enabled: proxy.enabled,
    webListenAddress: proxy.web_listen_addr,
    publicAddresses: publicAddresses(proxy.public_addr, { context, defaultPort: proxy.web_listen_addr.port || webPort }),
    httpsKeypairs: proxy.https_keypairs,
  })),
)

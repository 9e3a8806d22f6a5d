/** The library that writes X.509, loaded when a certificate is first made, so that programs that only read never pay for it. */

export type X509Library = typeof import('@peculiar/x509')

export async function loadX509Library(): Promise<X509Library> {
  await import('reflect-metadata') // First: the library refuses to load without it.
  return await import('@peculiar/x509')
}

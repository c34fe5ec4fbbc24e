import type { Server } from 'node:http'

/** Listens on a port, of all addresses without a host. Rejects with the error of the system if that is not possible. */
export function listenOn(server: Server, address: { readonly port: number; readonly host?: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

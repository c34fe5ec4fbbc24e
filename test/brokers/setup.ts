import { INSTALLS } from './install.ts'

/** Installs the servers that are missing. A server that cannot be installed fails only the tests that start it. */
export default function installServers(): void {
  for (const [name, install] of Object.entries(INSTALLS)) {
    try {
      install()
    } catch (error) {
      process.stderr.write(`${name} cannot be installed: ${(error as Error).message}\n`)
    }
  }
}

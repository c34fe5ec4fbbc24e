#!/usr/bin/env node
import module from 'node:module'
import { join } from 'node:path'

// Node 22.1 and later keep compiled code here. The folder for temporary files may be removed, or must stay empty.
const { HOME } = process.env
if (HOME) module.enableCompileCache?.(join(HOME, '.cache/attak/compiled'))
const { hostOf, main } = await import('../dist/cli.js')

// Sets the exit code for the case that `main` never settles.
process.once('beforeExit', () => {
  process.exitCode = 70
})
// Ends the process even if the project left timers or sockets open. All output is written by now.
const host = hostOf(process)
host.leave(await main(process.argv.slice(2), host))

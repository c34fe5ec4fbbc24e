#!/usr/bin/env node
import { hostOf, main } from '../dist/cli.js'

// Timers and sockets that a project leaves open do not keep the process: by now all that was written has been taken.
process.exit(await main(process.argv.slice(2), hostOf(process)))

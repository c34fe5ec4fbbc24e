import { afterAll } from 'vitest'
import { stopServers } from './process.ts'

// Each file of tests ends the servers that it started.
afterAll(stopServers)

import type { Cloud } from '../../deploy/cloud.ts'
import { originsOf } from './origins.ts'

/** AWS. Loads its clients when they are needed. */
export const aws: Cloud = {
  originsOf,
  signIn: async (signIn) => (await import('./account.ts')).openAccount(signIn),
  diagnose: async (signIn, stage, graph) => (await import('./doctor.ts')).diagnose(signIn, stage, graph),
  policy: async (signIn, graph, processor) => (await import('./account.ts')).policyFor(signIn, graph, processor),
}

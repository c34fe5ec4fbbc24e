import { openMonths } from '../../stores/file/months.ts'
import { errorsFile, type FileStore, openFileStore, SIMULATED_PART, topologiesIn } from '../../stores/file/store.ts'
import type { NamedStage } from '../stage.ts'
import { type Copies, KEPT_MS, openCopies } from './copies.ts'

/** Where the errors of a topology's last simulation are. */
export function simulatedErrors({ dir, scope }: Pick<NamedStage, 'dir' | 'scope'>): FileStore {
  return openFileStore(errorsFile(dir, SIMULATED_PART, scope.topology))
}

/** Returns the topologies with errors of a simulation in the folder, sorted. */
export function simulatedIn(dir: string): readonly string[] {
  return topologiesIn(dir, SIMULATED_PART)
}

/** Opens the copies of the errors of a stage. `nowMs` is milliseconds since 1970. */
export function copiesOf({ dir, scope }: Pick<NamedStage, 'dir' | 'scope'>, nowMs: number): Copies {
  return openCopies(openMonths(errorsFile(dir, scope.stage, scope.topology), { nowMs, keptMs: KEPT_MS }), nowMs)
}

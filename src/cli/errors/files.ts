import { countedOf, removableOf, type Shelf } from '../../clouds/aws/errors/shelf.ts'
import { openMonths } from '../../stores/file/months.ts'
import { errorsFile, type FileStore, openFileStore, SIMULATED_PART, topologiesIn } from '../../stores/file/store.ts'
import type { NamedStage } from '../deploy/stage.ts'
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

/** The errors in a file, looked after as those that are live. */
export function fileShelf(store: FileStore): Shelf {
  return {
    async list() {
      const { records, problems } = store.list()
      return { records, problems: countedOf(problems), notes: [] }
    },
    async remove(given) {
      const isRemovable = removableOf(given)
      const removed = store.list().records.filter(isRemovable)
      store.remove(removed)
      return new Set(removed.map(({ id }) => id))
    },
  }
}

import { AttakError, nearest } from '../../errors.ts'

/** Makes sure that `--processor` names one. Throws TOPOLOGY_UNKNOWN_PROCESSOR. */
export function knownProcessor(
  name: string,
  { processors }: { readonly processors: readonly { readonly name: string }[] },
): void {
  const names = processors.map((processor) => processor.name)
  if (names.includes(name)) return
  const near = nearest(name, names)
  const all = names.length === 0 ? 'There are none.' : `There are ${names.join(', ')}.`
  const remedy = near === undefined ? all : `Did you mean "${near}"?`
  throw new AttakError('TOPOLOGY_UNKNOWN_PROCESSOR', `--processor: no processor is named "${name}"`, remedy)
}

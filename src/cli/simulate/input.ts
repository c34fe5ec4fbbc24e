import type { Input } from '../../project/input.ts'
import type { InputEvent } from '../../topology/topology.ts'
import { drawCount, drawNumber } from '../../view/duration.ts'

/** What a run takes in, and what there is to say about it at the end. */
export interface RunInput extends Pick<Input, 'chunks' | 'live' | 'totalBytes' | 'readBytes'> {
  /** Sentences: what was left out, and why. */
  notes(): readonly string[]
}

/** An input as a run takes it. */
export function toldInput(input: Input): RunInput {
  return {
    ...input,
    notes() {
      const { lines, first, numbers } = input.skipped()
      const [problem] = first
      if (problem === undefined) return []
      const more = lines > numbers.length ? ` and ${drawNumber(lines - numbers.length)} more` : ''
      const which = lines > 1 ? ` These lines: ${numbers.join(', ')}${more}.` : ''
      return [
        `${drawCount(lines, 'line')} of ${input.name} left out, the first: ${problem.where}: ${problem.what.split('\n', 1)[0]}.${which}`,
      ]
    },
  }
}

/** The same without what is not for one of these processors; says at the end how much that was. */
export function onlyInput(input: RunInput, names: readonly string[]): RunInput {
  const kept = new Set(names)
  let left = 0
  async function* chunks() {
    for await (const chunk of input.chunks) {
      const ours = chunk.filter(({ to }: InputEvent) => kept.has(to))
      left += chunk.length - ours.length
      yield ours
    }
  }
  const note = () => (left === 0 ? [] : [`--only left out ${drawCount(left, 'event')} for other processors.`])
  return { ...input, chunks: chunks(), notes: () => [...input.notes(), ...note()] }
}

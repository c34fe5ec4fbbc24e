import { createTestDriver, type TestDriver, type TestDriverOptions } from 'attak/testing'
import { onTestFinished } from 'vitest'
import type { Context } from '../../src/topology/handler.ts'

/** A driver that is closed when its test ends. */
export async function drive(
  topology: Parameters<typeof createTestDriver>[0],
  options?: TestDriverOptions,
): Promise<TestDriver> {
  const driver = await createTestDriver(topology, options)
  onTestFinished(() => driver.close())
  return driver
}

/** Splits a line into words and turns each around. */
export const words = {
  name: 'words',
  processors: {
    spout: (line: string, context: Context) => {
      for (const word of line.split(' ')) context.emit('text', word)
    },
    reverse: async (word: string, context: Context) => {
      await context.emit('reversed', [...word].reverse().join(''))
    },
  },
  streams: [['spout', 'reverse', 'text']],
} as const

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as z from 'zod/mini'
import { AttakError } from '../../errors.ts'
import type { OpenSources, Source, SourceWorld } from '../../runtime/source.ts'
import { createStop, waitFor } from '../../runtime/stop.ts'
import { oneOf } from '../../topology/rules.ts'
import type { TopologySource } from '../../topology/source.ts'
import { asOne, openEach } from '../open-each.ts'
import { LINE_RULES } from '../rules.ts'
import { followFile } from './follow.ts'
import { positionFile, readPosition } from './position.ts'
import { createReader, writePositions } from './reader.ts'

/** Lines of files that grow. */
export const file: Source = {
  rules: {
    settings: {
      path: { schema: () => z.string().check(z.minLength(1)), must: 'the path of a file' },
      from: oneOf(['start', 'end']),
      ...LINE_RULES,
    },
    required: ['path'],
  },
  check: async () => [],
  open: async (sources, world) => asOne(await openEach(sources, (source) => openFile(source, world))),
}

/** How often a file is looked at. */
const LOOK_MS = 250

async function openFile(source: TopologySource, world: SourceWorld): Promise<OpenSources> {
  const path = resolve(world.dir, String(source.settings.path))
  await refuseUnreadable(source, path)
  const place = positionFile(world.dir, world.scope, source.name)
  const from = source.settings.from === 'end' ? 'end' : 'start'
  const stop = createStop()
  const say = (text: string) => world.say(`source "${source.name}": ${text}`, 'warn')
  const reader = createReader(source, world, stop)
  const write = writePositions(place, reader.progress, { world, stop, say })
  const ended = followFile(
    { path, last: readPosition(place), from },
    {
      ...{ take: reader.take, begin: reader.begin, say },
      wait: () => waitFor(world, LOOK_MS, stop),
      get isStopped() {
        return stop.isStopped
      },
    },
  ).catch((error: Error) => say(`${path} cannot be read any more: ${error.message}. Start attak again.`))
  return {
    lines: [`${String(source.settings.path)} → ${source.to}`],
    async stop() {
      stop.stop()
      await ended
      await reader.settled()
      write()
    },
  }
}

async function refuseUnreadable({ name }: TopologySource, path: string): Promise<void> {
  const why = await stat(path).then(
    async (stats) =>
      stats.isFile()
        ? access(path, constants.R_OK).then(
            () => undefined,
            () => 'is not readable',
          )
        : 'is no file',
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : `cannot be read: ${error.code}`),
  )
  if (why === undefined) return
  throw new AttakError(
    'SOURCE_FAILED',
    `source "${name}": ${path} ${why}`,
    'Give the source a file that attak may read.',
  )
}

import { describe, expect, it } from 'vitest'
import { parseTopology } from '../../src/project/parse.ts'

const a = () => undefined

function parse(value: object) {
  const { topology, problems } = parseTopology(
    { name: 't', processors: { a, b: './b' }, ...value },
    { file: 'index.js', modulesIn: () => undefined },
  )
  return { topology, told: problems.map(({ code, where, what, remedy }) => `[${code}] ${where}: ${what}. ${remedy}`) }
}

describe('settings of attak 2017', () => {
  it('that describe the topology are ignored with a warning', () => {
    const { topology, told } = parse({ description: 'd', version: '1.0.0', fields: ['x'] })
    expect(topology).toEqual(parse({}).topology)
    expect(told).toEqual([
      '[TOPOLOGY_OLD_SETTING] description: "description" is ignored: it was a setting of attak 2017 (index.js). Remove it, or make it a comment.',
      '[TOPOLOGY_OLD_SETTING] version: "version" is ignored: it was a setting of attak 2017 (index.js). Remove it, or make it a comment.',
      '[TOPOLOGY_OLD_SETTING] fields: "fields" is ignored: it was a setting of attak 2017 (index.js). Remove it: a handler receives the whole event.',
    ])
  })

  it('for the input are read as input, unless input is set too', () => {
    expect(parse({ inputs: { a: 1 } })).toEqual({
      topology: parse({ input: { a: 1 } }).topology,
      told: ['[TOPOLOGY_OLD_SETTING] inputs: "inputs" is read as input (index.js). Rename it to input.'],
    })
    const both = parse({ inputs: { a: 1 }, input: { a: 2 } })
    expect(both.topology?.input).toEqual({ a: 2 })
    expect(both.told[0]).toContain('"inputs" is ignored: input is set too')
  })

  it('in opts of a stream are read as settings of the stream, which override them', () => {
    const stream = (settings: object) => parse({ streams: [{ from: 'a', to: 'b', ...settings }] })
    expect(stream({ opts: { shards: 50 } })).toEqual({
      topology: stream({ shards: 50 }).topology,
      told: [
        '[TOPOLOGY_OLD_SETTING] stream "a → b": the settings in opts are read as settings of the stream (index.js). Write them without opts: shards.',
      ],
    })
    expect(stream({ opts: { shards: 50 }, shards: 2 }).topology?.streams[0]).toMatchObject({ shards: 2 })
    expect(stream({ opts: { shard: 50 } }).told.join()).toContain('Did you mean "shards"?')
  })

  it('that list topics of a processor are ignored, and outputs: false keeps its new meaning', () => {
    const processor = (settings: object) => parse({ processors: { a: { handler: a, ...settings } } })
    expect(processor({ outputs: ['x'], inputs: ['y'] }).told).toEqual([
      '[TOPOLOGY_OLD_SETTING] processors.a.inputs: "inputs" is ignored: it was a setting of attak 2017 (index.js). Remove it: streams define what a processor receives.',
      '[TOPOLOGY_OLD_SETTING] processors.a.outputs: "outputs" is ignored: it was a setting of attak 2017 (index.js). Remove it: a processor may emit any topic.',
    ])
    expect(processor({ outputs: false })).toMatchObject({ told: [], topology: { processors: [{ outputs: false }] } })
  })

  it('are unknown if attak never had them', () => {
    expect(parse({ inptus: 1 }).told.join()).toContain('TOPOLOGY_UNKNOWN_SETTING')
  })
})

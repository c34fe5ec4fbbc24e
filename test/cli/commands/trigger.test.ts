import { describe, expect, test } from 'vitest'
import { type Answers, startFakeAws } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

const INVOKE = 'POST functions/hello--dev--spout/invocations'
const ACCEPTS: Answers = { [INVOKE]: {} }

async function trigger(argv: readonly string[], { answers = ACCEPTS, files = {}, stdin = [] as string[] } = {}) {
  const { env, calls } = await startFakeAws(answers)
  const ran = await attak(folderOf({ ...HELLO, ...files }), ['trigger', ...argv], { env, stdin })
  const invoked = calls.filter(({ action }) => action.endsWith('/invocations'))
  return { ...ran, payloads: invoked.map(({ body }) => JSON.parse(body)) }
}

describe('trigger', () => {
  test('sends each event to the function of its processor, as a CloudEvent', async () => {
    const { code, out, err, payloads } = await trigger([])
    expect([code, err]).toEqual([0, ''])
    expect(payloads).toEqual([
      expect.objectContaining({ specversion: '1.0', type: 'attak.input', data: 'hello', attakhop: 1 }),
    ])
    expect(payloads[0].id).toBe(payloads[0].attakroot)
    expect(out).toBe(
      `✓ 1 event accepted by hello (dev) in eu-west-1 of account 123456789012 (trace ${payloads[0].attakroot})\n`,
    )
  })

  test('--json prints an object for each event that was accepted', async () => {
    const events = '"a"\n"b"\n'
    const { out, payloads } = await trigger(['--json', '--input', '-', '--to', 'spout'], { stdin: [events] })
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ kind, to }) => [kind, to])).toEqual([
      ['accepted', 'spout'],
      ['accepted', 'spout'],
    ])
    expect(lines.map(({ id }) => id).sort()).toEqual(payloads.map(({ id }) => id).sort())
    expect(payloads.map(({ data }) => data).sort()).toEqual(['a', 'b'])
  })

  test('reports that there are no events, and follows nothing', async () => {
    const { code, out, payloads } = await trigger(['--follow'], { files: { 'input.json': [] } })
    expect([code, payloads]).toEqual([0, []])
    expect(out).toMatch(/^✓ 0 events accepted/)
  })

  test('a processor that is not deployed is reported, with the command to run', async () => {
    const { code, out, err } = await trigger(['--stage', 'qa'], { answers: {} })
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(
      'Nothing was accepted:\n[NOT_DEPLOYED] event 1: "spout" is not deployed to stage "qa". Deploy it first: attak deploy --stage qa. If it was just deployed, look at attak status --stage qa.\n',
    )
  })

  test.each(['<html>sign in</html>', '{}', ''])('an answer without an acceptance is an error: %j', async (text) => {
    const { code, out, err } = await trigger([], { answers: { [INVOKE]: text } })
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(
      /^Nothing was accepted:\n\[AWS_REFUSED\] event 1: could not trigger "spout": .* status 200 instead of 202/,
    )
    expect(err).toContain(JSON.stringify(text))
  })

  test('each refused event is named with its reason, and unsent events are counted', async () => {
    const answerTo = ({ body }: { readonly body: string }) =>
      JSON.parse(body).data !== 'x' ? {} : { code: 'KMSInvalidStateException', message: 'no key', status: 400 }
    const events = Array.from({ length: 50 }, (_, n) => (n === 2 ? '"x"' : n)).join('\n')
    const { code, out, err, payloads } = await trigger(['--input', '-', '--to', 'spout'], {
      answers: { [INVOKE]: answerTo as never },
      stdin: [events],
    })
    expect([code, out]).toEqual([1, ''])
    const refused = payloads.filter(({ data }) => data === 'x').length
    expect(refused).toBe(1)
    const accepted = payloads.length - refused
    expect(err).toMatch(
      new RegExp(`^${accepted} of ${payloads.length} events accepted, and no more events were sent:\n`),
    )
    expect(err).toMatch(/\[AWS_REFUSED\] event 3: .*no key/)
  })

  test('an event that is too large is refused before it is sent', async () => {
    const { code, err, payloads } = await trigger([], { files: { 'input.json': { spout: 'x'.repeat(1024 * 1024) } } })
    expect([code, payloads]).toEqual([1, []])
    expect(err).toMatch(
      /\[EMIT_TOO_LARGE\] event 1: the event for "spout" is 10\d+ bytes as it travels, and a trigger accepts at most 1048576\./,
    )
  })

  test('reports how many events were accepted when the input breaks off', async () => {
    const { code, err, payloads } = await trigger(['--input', '-', '--to', 'spout'], { stdin: ['"a"\n{"no\n'] })
    expect([code, payloads.length]).toEqual([1, 1])
    expect(err).toMatch(/^1 event accepted, then:\n\[INPUT_INVALID\] stdin:2/)
  })

  test('lines that are not events can be skipped, and are counted', async () => {
    const argv = ['--input', '-', '--to', 'spout', '--skip-bad-lines']
    const { code, err, payloads } = await trigger(argv, { stdin: ['"a"\n{"no\n"b"\n'] })
    expect([code, payloads.length]).toEqual([0, 2])
    expect(err).toContain('1 line of stdin skipped; the first: stdin:2')
  })

  test.each([
    [['--input', 'none.json'], 'INPUT_NOT_FOUND'],
    [['--input', 'bad.json'], 'INPUT_INVALID'],
    [['--input', '-', '--to', 'nobody'], 'INPUT_INVALID'],
  ])('%j is refused: %s', async (argv, code) => {
    const ran = await trigger(argv, { files: { 'bad.json': '{"nobody":1}' } })
    expect([ran.code, ran.payloads]).toEqual([1, []])
    expect(ran.err).toMatch(new RegExp(`\\[${code}\\]`))
    expect(ran.err).not.toContain('accepted')
  })
})

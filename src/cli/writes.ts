import { StringDecoder } from 'node:string_decoder'
import { visible, withOwnColors } from '../view/controls.ts'

/** A stream of the process, as far as it is needed here. */
type Stream = Pick<NodeJS.WriteStream, 'write' | 'on'> & { readonly isTTY?: boolean }

/**
 * Makes control characters visible that handlers write to a stream themselves, as in the lines of their console, if the stream
 * is a terminal. Colors stay if `hasColor`. Returns the stream for attak's own text, which is written as it is.
 */
export function cleanWrites<Given extends Stream>(
  stream: Given,
  { inHandler, hasColor }: { readonly inHandler: () => boolean; readonly hasColor: () => boolean },
): Given {
  if (stream.isTTY !== true) return stream
  const { write } = stream
  // A character may come in two pieces.
  const decoder = new StringDecoder()
  stream.write = ((chunk: unknown, ...rest: unknown[]) => {
    const [encoding] = rest
    const isBytes = chunk instanceof Uint8Array
    if (!inHandler() || !(isBytes || typeof chunk === 'string')) return Reflect.apply(write, stream, [chunk, ...rest])
    const bytes = isBytes
      ? chunk
      : Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
    const text = visible(withOwnColors(decoder.write(bytes), hasColor()))
    const done = rest.find((each) => typeof each === 'function')
    return Reflect.apply(write, stream, done === undefined ? [text] : [text, done])
  }) as Given['write']
  const [on, ownWrite] = [stream.on.bind(stream), write.bind(stream)]
  return Object.create(stream, { write: { value: ownWrite }, on: { value: on } })
}

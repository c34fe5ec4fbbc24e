import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { openClientAt, portOf } from './emulator.ts'

/**
 * Starts a server, and a client of AWS that sends everything to it. `answer` is called with each request once it was read, and
 * with how many came before it.
 */
export async function scriptedServer(
  answer: (request: IncomingMessage, response: ServerResponse, place: number) => void,
) {
  let requests = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => answer(request, response, requests++))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { client } = openClientAt(portOf(server))
  const close = () => {
    client.close()
    server.close()
    server.closeAllConnections()
  }
  return { client, close, requests: () => requests }
}

/** What a server does with a request: it hangs, drips or resets before or in the middle of its answer. */
export type Trouble =
  | { readonly kind: 'answer' | 'fault' | 'hang' | 'hang in the answer' | 'drip' }
  | { readonly kind: 'reset' | 'reset in the answer'; readonly afterMs: number }

/** Answers with a text, or as a trouble says. */
export function answerWith(trouble: Trouble, text: string, request: IncomingMessage, response: ServerResponse): void {
  const { kind } = trouble
  if (kind === 'answer') response.end(text)
  else if (kind === 'fault') response.writeHead(500).end()
  else if (kind === 'reset' || kind === 'reset in the answer') {
    if (kind === 'reset in the answer') response.write('[')
    setTimeout(() => request.socket.resetAndDestroy(), trouble.afterMs)
  } else if (kind !== 'hang') {
    response.write('[')
    const drop = kind === 'drip' && setInterval(() => response.write(' '), 5)
    response.on('close', () => drop && clearInterval(drop))
  }
}

/** Whether something ends before a timer that is set after it began. */
export function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms)
    void work.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

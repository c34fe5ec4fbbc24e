import type { OpenSources } from '../runtime/source.ts'

/** Opens sources one after the other. If one cannot be opened, those before it are stopped. */
export async function openEach<Kind>(
  all: Iterable<Kind>,
  open: (one: Kind) => Promise<OpenSources>,
): Promise<readonly OpenSources[]> {
  const opened: OpenSources[] = []
  try {
    for (const one of all) opened.push(await open(one))
    return opened
  } catch (error) {
    await stopAll(opened)
    throw error
  }
}

/** Returns sources that are open as one. */
export function asOne(opened: readonly OpenSources[]): OpenSources {
  return { lines: opened.flatMap(({ lines }) => lines), stop: () => stopAll(opened) }
}

async function stopAll(opened: readonly OpenSources[]): Promise<void> {
  await Promise.all(opened.map((one) => one.stop()))
}

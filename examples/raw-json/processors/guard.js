const RANGES = { oven: { from: 0, to: 250 }, freezer: { from: -30, to: -10 } }

/** Emits what is out of its sensor's range under the topic that says how, and everything else as `fine`. */
export async function handler({ sensor, celsius }, context) {
  const { from, to } = RANGES[sensor]
  const topic = celsius > to ? 'too hot' : celsius < from ? 'too cold' : 'fine'
  await context.emit(topic, { sensor, celsius }, { key: sensor })
}

/** Turns a reading into degrees Celsius. The key keeps the readings of one sensor in order. */
export async function handler({ sensor, fahrenheit }, context) {
  const celsius = Math.round(((fahrenheit - 32) * 5) / 9)
  await context.emit('celsius', { sensor, celsius }, { key: sensor })
}

module.exports = {
  name: 'hello-world',
  processors: {
    spout: './processors/spout',
    reverse: './processors/reverse',
  },
  streams: [['spout', 'reverse', 'text']],
}

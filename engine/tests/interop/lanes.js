// Files over lanes, in a browser, by docs/files.md alone: both ends of a transfer, what is kept between lanes, and faults
// that a test asks for.
'use strict'

const [WORD, LIST, LEAVES, DATA] = [1, 2, 3, 4]
const PIECE = 61440
const WINDOW = 16 << 20
const LEAF = 32

const groupOf = size => {
  let group = 256 << 10
  while (Math.ceil(size / group) > 65536) group *= 2
  return group
}
const groupsOf = size => Math.ceil(size / groupOf(size))

// A data channel on which lanes go, one after another: marks between them are text, frames are binary. Only who opened
// it begins lanes on it.
class Channel {
  constructor(channel) {
    this.channel = channel
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = 1 << 20
    channel.onmessage = ({ data }) => this.came(data)
    channel.onclose = channel.onbufferedamountlow = channel.onopen = () => this.wakes()
  }

  came(data) {
    if (typeof data !== 'string') this.lane?.frames.push(new Uint8Array(data))
    else if (data !== 'end') this.lane = new Lane(this, data.slice('begin '.length))
    else if (this.lane) this.lane.heardOut = true
    this.wakes()
  }

  wakes() {
    this.wake?.()
    look()
  }

  get isIdle() {
    return !this.lane || (this.lane.ended && this.lane.heardOut)
  }

  begin(name) {
    this.lane = new Lane(this, name)
    this.lane.ready = this.until(() => this.channel.readyState === 'open').then(() => this.channel.send(`begin ${name}`))
    return this.lane
  }

  async until(holds) {
    while (!holds() && this.channel.readyState !== 'closed') await new Promise(done => (this.wake = done))
    return holds()
  }
}

const ownChannels = []

async function beginLane(name) {
  let own = ownChannels.find(one => one.isIdle)
  if (!own) ownChannels.push((own = new Channel(pc.createDataChannel('lanes'))))
  const lane = own.begin(name)
  await lane.ready
  return lane
}

// The next lane that the other side begins.
async function takeLane() {
  const next = () => channels.map(({ lane }) => lane).find(lane => lane && !lane.taken)
  await when(next)
  const lane = next()
  lane.taken = true
  return lane
}

// A lane: frames go in, and come out one by one; none once either side has ended it.
class Lane {
  constructor(over, name) {
    Object.assign(this, { over, name, frames: [], ended: false, heardOut: false, taken: false })
  }

  end() {
    if (!this.ended && this.over.channel.readyState === 'open') this.over.channel.send('end')
    this.ended = true
  }

  async hear() {
    await this.over.until(() => this.frames.length || this.heardOut)
    if (this.frames.length) return this.frames.shift()
    this.end()
  }

  async hearWord() {
    const frame = await this.hear()
    if (!frame) return { word: 'closed' }
    if (frame[0] !== WORD) throw new Error(`frame ${frame[0]} where a word should be`)
    return JSON.parse(new TextDecoder().decode(frame.subarray(1)))
  }

  say(kind, bytes, file, offset) {
    const head = new DataView(new ArrayBuffer(kind === DATA ? 13 : kind === LEAVES ? 5 : 1))
    head.setUint8(0, kind)
    if (file !== undefined) head.setUint32(1, file)
    if (offset !== undefined) head.setBigUint64(5, BigInt(offset))
    const frame = new Uint8Array(head.byteLength + bytes.length)
    frame.set(new Uint8Array(head.buffer))
    frame.set(bytes, head.byteLength)
    if (!this.heardOut && this.over.channel.readyState === 'open') this.over.channel.send(frame)
  }

  tell(word) {
    this.say(WORD, new TextEncoder().encode(JSON.stringify(word)))
  }
}

const laneName = id => `file:${id}`

// What is received, and stays between lanes: the list, and of each file its root, its leaves and the groups that fit.
const shelf = { list: null, files: new Map(), asked: 0, bytes: 0 }

// Receives until all is there, or until so many groups are.
async function receiveFiles(id, breakAfter = Infinity) {
  const lane = await beginLane(laneName(id))
  const first = await lane.hearWord()
  if (first.word !== 'ready') return first
  if (!shelf.list) shelf.list = await askForList(lane)
  const wants = []
  let [done, total, under, landed] = [0, 0, 0, 0]
  const open = new Map()
  shelf.list.files.forEach(({ size }, number) => {
    const file = shelf.files.get(number) ?? { size, bytes: new Uint8Array(size), there: new Set(), root: null }
    shelf.files.set(number, file)
    total += size
    for (let group = 0; group < groupsOf(size); group++) {
      if (file.there.has(group)) done += rangeOf(size, group).length
      else wants.push([number, group])
    }
  })
  lane.tell({ word: 'have', done, total })
  let missing = wants.length
  while (missing) {
    while (wants.length && under < WINDOW) {
      const [file, from] = wants.shift()
      under += rangeOf(shelf.files.get(file).size, from).length
      shelf.asked++
      lane.tell({ word: 'want', file, from, to: from + 1 })
    }
    const frame = await lane.hear()
    if (!frame) return { word: 'closed' }
    if (frame[0] === WORD) {
      const word = JSON.parse(new TextDecoder().decode(frame.subarray(1)))
      if (word.word !== 'opened') return word
      const file = shelf.files.get(word.file)
      if (file.root && file.root !== word.root) return { word: 'changed' }
      open.set(word.file, await hearLeaves(lane, word, file))
      continue
    }
    const head = new DataView(frame.buffer)
    const [number, offset] = [head.getUint32(1), Number(head.getBigUint64(5))]
    const file = shelf.files.get(number)
    const piece = frame.subarray(13)
    file.bytes.set(piece, offset)
    shelf.bytes += piece.length
    under -= piece.length
    const group = Math.floor(offset / groupOf(file.size))
    const { begin, end, length } = rangeOf(file.size, group)
    if (offset + piece.length < end) continue
    const leaf = leafOf(file.bytes.subarray(begin, end), begin, length === file.size)
    if (hex(leaf) !== hex(open.get(number)[group])) throw new Error(`group ${group} of ${number} does not fit`)
    file.there.add(group)
    missing--
    if (++landed === breakAfter) {
      lane.end()
      return { word: 'broken' }
    }
  }
  lane.tell({ word: 'done' })
  while (await lane.hear());
  return { word: 'done' }
}

function rangeOf(size, group) {
  const begin = group * groupOf(size)
  const end = Math.min(size, begin + groupOf(size))
  return { begin, end, length: end - begin }
}

async function askForList(lane) {
  lane.tell({ word: 'list' })
  const { bytes } = await lane.hearWord()
  const pieces = []
  for (let came = 0; came < bytes; came += pieces.at(-1).length) pieces.push((await lane.hear()).subarray(1))
  return JSON.parse(await new Blob(pieces).text())
}

async function hearLeaves(lane, { size, root, leaves }, file) {
  const pieces = []
  for (let came = 0; came < leaves * LEAF; came += pieces.at(-1).length) pieces.push((await lane.hear()).subarray(5))
  const all = new Uint8Array(await new Blob(pieces).arrayBuffer())
  const each = Array.from({ length: leaves }, (_, at) => all.slice(at * LEAF, (at + 1) * LEAF))
  if (hex(rootOf(each, size, groupOf(size))) !== root) throw new Error('leaves that do not make up the root')
  file.root = root
  return each
}

// What came of a file, by its place in the list.
async function cameAs(number) {
  const { bytes, root } = shelf.files.get(number)
  return { length: bytes.length, sha256: await sha256(bytes), root, blake3: hex(blake3(bytes)) }
}

async function sha256(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

// Bytes that both sides can make.
const bytesFrom = (length, seed) => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) % 251)

// Sends `offer` on the lane that the other side opens next. `fault`: `stop` after so many pieces, `spoil` the piece of
// this number, `unasked` to send what nobody asked for.
const wanted = []
let pieces = 0

async function sendFiles(offer, fault = {}) {
  const lane = await takeLane()
  const opened = new Set()
  lane.tell({ word: 'ready' })
  if (fault.unasked) lane.say(DATA, new Uint8Array(100), 0, 0)
  for (;;) {
    const word = await lane.hearWord()
    if (word.word === 'list') {
      const bytes = new TextEncoder().encode(JSON.stringify(offer.list))
      lane.tell({ word: 'list', bytes: bytes.length })
      for (let at = 0; at < bytes.length; at += PIECE) lane.say(LIST, bytes.subarray(at, at + PIECE))
    } else if (word.word === 'want') {
      wanted.push([word.file, word.from, word.to])
      const bytes = offer.files[word.file]
      if (!opened.has(word.file)) tellTree(lane, word.file, bytes)
      opened.add(word.file)
      let { begin } = rangeOf(bytes.length, word.from)
      const { end } = rangeOf(bytes.length, word.to - 1)
      // A piece ends where its group does.
      for (let next; begin < end; begin = next) {
        const group = Math.floor(begin / groupOf(bytes.length))
        next = Math.min(begin + PIECE, rangeOf(bytes.length, group).end)
        const piece = bytes.slice(begin, next)
        if (pieces++ === fault.spoil) piece[7] ^= 1
        if (pieces === fault.stop) {
          lane.end()
          return { word: 'stopped' }
        }
        await lane.over.until(() => lane.over.channel.bufferedAmount <= 1 << 20)
        lane.say(DATA, piece, word.file, begin)
      }
    } else if (word.word === 'done') {
      lane.end()
      return word
    } else if (word.word === 'closed') {
      return word
    }
  }
}

function tellTree(lane, file, bytes) {
  const size = bytes.length
  const leaves = Array.from({ length: groupsOf(size) }, (_, group) => {
    const { begin, end, length } = rangeOf(size, group)
    return leafOf(bytes.subarray(begin, end), begin, length === size)
  })
  const root = hex(rootOf(leaves, size, groupOf(size)))
  lane.tell({ word: 'opened', file, size, root, leaves: leaves.length })
  const most = Math.floor(PIECE / LEAF)
  for (let at = 0; at < leaves.length; at += most) {
    const some = leaves.slice(at, at + most)
    const bytes = new Uint8Array(some.length * LEAF)
    some.forEach((leaf, place) => bytes.set(leaf, place * LEAF))
    lane.say(LEAVES, bytes, file)
  }
}

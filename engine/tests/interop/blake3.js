// BLAKE3 as its paper has it, with the chaining values of subtrees, by which docs/files.md checks groups of a file.
'use strict'

const IV = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
)
const ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
const DOWN = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]]
const ACROSS = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]]
const PLACES = [...DOWN, ...ACROSS]
const [FIRST, LAST, PARENT, ROOT] = [1, 2, 4, 8]
const [CHUNK, BLOCK] = [1024, 64]

// The words of each round are those of the first in another order.
const ROUNDS = [ORDER.map((_, place) => place)]
while (ROUNDS.length < 7) ROUNDS.push(ORDER.map(place => ROUNDS.at(-1)[place]))

const state = new Uint32Array(16)

function compress(chain, words, counter, length, flags) {
  state.set(chain)
  state.set(IV.subarray(0, 4), 8)
  state[12] = counter
  state[13] = Math.floor(counter / 2 ** 32)
  state[14] = length
  state[15] = flags
  for (const round of ROUNDS) {
    for (let at = 0; at < 8; at++) {
      const [a, b, c, d] = PLACES[at]
      state[a] += state[b] + words[round[2 * at]]
      state[d] = turn(state[d] ^ state[a], 16)
      state[c] += state[d]
      state[b] = turn(state[b] ^ state[c], 12)
      state[a] += state[b] + words[round[2 * at + 1]]
      state[d] = turn(state[d] ^ state[a], 8)
      state[c] += state[d]
      state[b] = turn(state[b] ^ state[c], 7)
    }
  }
  return Uint32Array.from({ length: 8 }, (_, at) => state[at] ^ state[at + 8])
}

const turn = (word, by) => (word >>> by) | (word << (32 - by))

function chunk(bytes, counter, root) {
  let chain = IV
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK))
  for (let at = 0; at < blocks; at++) {
    const block = new Uint8Array(BLOCK)
    const piece = bytes.subarray(at * BLOCK, (at + 1) * BLOCK)
    block.set(piece)
    const last = at === blocks - 1
    const flags = (at ? 0 : FIRST) | (last ? LAST | root : 0)
    chain = compress(chain, new Uint32Array(block.buffer), counter, piece.length, flags)
  }
  return chain
}

const parent = (left, right, root) => compress(IV, Uint32Array.of(...left, ...right), 0, BLOCK, PARENT | root)

// How many of so many bytes are on the left: as many chunks as the largest power of two that leaves some.
function onTheLeft(size) {
  let left = CHUNK
  while (left * 2 < size) left *= 2
  return left
}

// The chaining value of bytes that begin with this chunk of a file; their hash where they are the root.
function subtree(bytes, counter, root = 0) {
  if (bytes.length <= CHUNK) return chunk(bytes, counter, root)
  const left = onTheLeft(bytes.length)
  const first = subtree(bytes.subarray(0, left), counter)
  return parent(first, subtree(bytes.subarray(left), counter + left / CHUNK), root)
}

const bytesOf = words => new Uint8Array(words.buffer)
const hex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
const blake3 = bytes => bytesOf(subtree(bytes, 0, ROOT))

// The leaf of the group that begins at an offset; `whole` where it is all of the file.
const leafOf = (bytes, offset, whole) => (whole ? blake3(bytes) : bytesOf(subtree(bytes, offset / CHUNK)))

// The root that leaves of groups make up.
function rootOf(leaves, size, group) {
  const join = (leaves, size, root) => {
    if (leaves.length === 1) return new Uint32Array(leaves[0].slice().buffer)
    const left = onTheLeft(size)
    const split = left / group
    return parent(join(leaves.slice(0, split), left, 0), join(leaves.slice(split), size - left, 0), root)
  }
  return leaves.length ? bytesOf(join(leaves, size, ROOT)) : blake3(new Uint8Array())
}

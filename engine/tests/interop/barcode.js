// The barcode of test pictures, as `media::barcode` of the engine documents it: drawn, and read where it stands in
// the middle of a picture.
'use strict'

const COLUMNS = 28
const ROWS = 7

function crc32(bytes) {
  let sum = ~0
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1))
  }
  return ~sum >>> 0
}

function isDark(bits, column) {
  if ([0, 2, 3, 4, 6, 25, 27].includes(column)) return true
  return column >= 8 && column < 24 && ((bits >> (23 - column)) & 1) === 1
}

// Draws a picture that moves as a whole and says its number and the time.
function drawCode(context, number, time) {
  const { width, height } = context.canvas
  const bytes = new DataView(new ArrayBuffer(14))
  bytes.setUint32(0, number)
  bytes.setUint16(4, Math.floor(time / 2 ** 32))
  bytes.setUint32(6, time % 2 ** 32)
  bytes.setUint32(10, crc32(new Uint8Array(bytes.buffer, 0, 10)))
  context.fillStyle = `hsl(${(number * 7) % 360} 50% 45%)`
  context.fillRect(0, 0, width, height)
  context.fillStyle = '#888'
  context.fillRect((number * 8) % width, 0, width / 8, height)
  const cell = Math.floor(Math.min(width, height) / 36)
  const left = Math.floor((width - (COLUMNS + 2) * cell) / 2)
  const top = Math.floor((height - (ROWS + 2) * cell) / 2)
  context.fillStyle = '#fff'
  context.fillRect(left, top, (COLUMNS + 2) * cell, (ROWS + 2) * cell)
  context.fillStyle = '#000'
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      if (!isDark(bytes.getUint16(2 * row), column)) continue
      context.fillRect(left + (column + 1) * cell, top + (row + 1) * cell, cell, cell)
    }
  }
}

// What the code in the middle says; null where none can be read.
function readCode(context) {
  const { width, height } = context.canvas
  const cell = Math.min(width, height) / 36
  const left = (width - COLUMNS * cell) / 2
  const top = (height - ROWS * cell) / 2
  const { data } = context.getImageData(0, 0, width, height)
  const look = (column, row) => {
    const x = Math.floor(left + (column + 0.5) * cell)
    const y = Math.floor(top + (row + 0.5) * cell)
    let sum = 0
    for (let dx = -1; dx <= 1; dx++) for (let dy = -1; dy <= 1; dy++) sum += data[4 * ((y + dy) * width + x + dx) + 1]
    return sum / 9
  }
  const bytes = new DataView(new ArrayBuffer(14))
  for (let row = 0; row < ROWS; row++) {
    const [dark, bright] = [look(3, row), (look(7, row) + look(24, row)) / 2]
    if (bright - dark < 60) return null
    const middle = (dark + bright) / 2
    for (const column of [0, 2, 6, 25, 27]) if (look(column, row) > middle) return null
    let bits = 0
    for (let column = 8; column < 24; column++) bits = (bits << 1) | (look(column, row) < middle ? 1 : 0)
    bytes.setUint16(2 * row, bits)
  }
  if (bytes.getUint32(10) !== crc32(new Uint8Array(bytes.buffer, 0, 10))) return null
  return { number: bytes.getUint32(0), time: bytes.getUint16(4) * 2 ** 32 + bytes.getUint32(6) }
}

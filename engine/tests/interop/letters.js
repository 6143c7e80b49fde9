// Kept letters on the control channel, in a browser, by docs/letters.md alone: those of the other side are taken once and in
// order, and the page's own wait until the other side has them.
'use strict'

// `have`: up to which number theirs have come; `theirs`: up to which they have the page's.
const letters = { have: 0, theirs: null, numbers: 0, last: 0, waiting: [], said: 0, taken: [], typing: 0 }

function heardWord(word) {
  if (word.type === 'have') {
    letters.theirs = Math.max(letters.theirs ?? 0, word.number)
    if (letters.theirs >= letters.said) letters.said = 0
    sayNext()
  } else if (word.type === 'letter') {
    if (word.number > letters.have && word.after <= letters.have) takeLetter(word.number, word.letter)
    sayWhatIsHere()
  } else if (word.type === 'typing') {
    letters.typing++
  }
  look()
}

function takeLetter(number, letter) {
  letters.have = number
  letters.taken.push(letter)
}

const sayWhatIsHere = () => control.send(JSON.stringify({ type: 'have', number: letters.have }))

// A letter came by the server.
function tookByServer(number, letter) {
  if (number > letters.have) takeLetter(number, letter)
  sayWhatIsHere()
}

// Writes a letter; it goes when those before it have come.
function writeLetter(letter) {
  const number = ++letters.numbers
  letters.waiting.push({ type: 'letter', number, after: letters.last, letter })
  letters.last = number
  sayNext()
}

function sayNext() {
  if (letters.theirs === null || letters.said) return
  letters.waiting = letters.waiting.filter(({ number }) => number > letters.theirs)
  const next = letters.waiting[0]
  if (!next || next.after > letters.theirs) return
  letters.said = next.number
  control.send(JSON.stringify(next))
}

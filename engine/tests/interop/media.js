// The browser's eyes, ears, camera and microphone: what is seen and heard is told by what is in it.
'use strict'

const seen = { readable: 0, unreadable: 0, backwards: 0, number: -1, time: 0, width: 0, height: 0 }
const heard = { hz: 0, loud: 0 }
const waiting = new Set()

// Waits until something holds; it is looked at with each picture and each beat.
function when(holds) {
  return new Promise(done => waiting.add({ holds, done }))
}

// Waits for the next picture or beat.
function beat() {
  let looked = false
  return when(() => looked || !(looked = true))
}

function look() {
  for (const one of waiting) {
    if (!one.holds()) continue
    waiting.delete(one)
    one.done(true)
  }
}

const sounds = new AudioContext({ sampleRate: 48000 })
const screen_ = document.getElementById('screen')
const lens = document.getElementById('lens')
const camera = { number: 0, timer: 0 }

// A camera that shows barcodes.
function openCamera(width = 640, height = 360, fps = 30) {
  clearInterval(camera.timer)
  camera.timer = film(lens, width, height, fps)
  return lens.captureStream(fps).getVideoTracks()[0]
}

// Another one beside it.
function openSecondCamera(width, height, fps = 30) {
  const canvas = document.createElement('canvas')
  film(canvas, width, height, fps)
  return canvas.captureStream(fps).getVideoTracks()[0]
}

function film(canvas, width, height, fps) {
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  const draw = () => drawCode(context, ++camera.number, Date.now())
  draw()
  return setInterval(draw, 1000 / fps)
}

// A microphone that hears one tone.
function openMicrophone(hz) {
  const [tone, level] = [sounds.createOscillator(), sounds.createGain()]
  const out = sounds.createMediaStreamDestination()
  tone.frequency.value = hz
  level.gain.value = 0.3
  tone.connect(level).connect(out)
  tone.start()
  return out.stream.getAudioTracks()[0]
}

// Shows a track, and reads each picture that is shown.
function watch(track) {
  screen_.srcObject = new MediaStream([track])
  void screen_.play().catch(() => {})
}

const paper = document.createElement('canvas').getContext('2d', { willReadFrequently: true })

function shown() {
  const { videoWidth: width, videoHeight: height } = screen_
  Object.assign(paper.canvas, { width, height })
  paper.drawImage(screen_, 0, 0)
  const code = readCode(paper)
  Object.assign(seen, { width, height })
  if (code) {
    if (code.number < seen.number) seen.backwards++
    Object.assign(seen, code)
    seen.readable++
  } else {
    seen.unreadable++
  }
  look()
  screen_.requestVideoFrameCallback(shown)
}
screen_.requestVideoFrameCallback(shown)

// Hears a track: which tone is loudest, and how loud it is. A stream flows only where something plays it.
const ears = sounds.createAnalyser()
ears.fftSize = 8192
ears.smoothingTimeConstant = 0
const spectrum = new Float32Array(ears.frequencyBinCount)
const player = new Audio()

function listen(track) {
  const stream = new MediaStream([track])
  player.muted = true
  player.srcObject = stream
  void player.play().catch(() => {})
  sounds.createMediaStreamSource(stream).connect(ears)
}

setInterval(() => {
  ears.getFloatFrequencyData(spectrum)
  const loud = Math.max(...spectrum)
  heard.loud = loud
  heard.hz = loud > -70 ? (spectrum.indexOf(loud) * sounds.sampleRate) / ears.fftSize : 0
  look()
}, 50)

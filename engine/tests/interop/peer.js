// The browser's end of a link: perfect negotiation as the standard has it, and the control channel that both know.
// What it has to say to the other end it says by calling `told`.
'use strict'

let pc
let control
let polite = false
let offering = false
let ready = false
let wishes = {}
let kept
const states = []
const said = []
const channels = []

const say = what => told(JSON.stringify(what))
const signal = what => say({ signal: what })

function describe() {
  const { type, sdp } = pc.localDescription
  signal({ link: 'description', kind: type, sdp })
}

// Begins a call. `wishes`: offers, polite, configuration, formats (mime types of pictures), camera and hz.
async function begin(with_) {
  wishes = with_
  polite = wishes.polite
  await sounds.resume()
  // Only a page that has a microphone is told of all networks that the computer is on.
  kept = await navigator.mediaDevices.getUserMedia({ audio: true })
  pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...wishes.configuration })
  pc.onnegotiationneeded = negotiate
  pc.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate) signal({ link: 'candidates', candidates: [candidate.toJSON()] })
  }
  pc.onconnectionstatechange = () => {
    states.push(pc.connectionState)
    look()
  }
  pc.ontrack = ({ track }) => (track.kind === 'video' ? watch : listen)(track)
  pc.ondatachannel = ({ channel }) => {
    channels.push(new Channel(channel))
    look()
  }
  if (wishes.offers) prepare()
}

// Everything of a whole call: made before the first description, whoever makes that.
function prepare() {
  ready = true
  control = pc.createDataChannel('control', { negotiated: true, id: 0 })
  const open = () => control.send('{"type":"open"}')
  let heard = false
  control.onopen = open
  control.onmessage = ({ data }) => {
    if (!heard) open()
    heard = true
    const word = JSON.parse(data)
    if (word.type === 'open') return
    said.push(data)
    if (typeof heardWord === 'function') heardWord(word)
    look()
  }
  if (wishes.hz) pc.addTrack(openMicrophone(wishes.hz))
  if (wishes.camera) pc.addTrack(openCamera(...wishes.camera))
  else if (wishes.camera === null) pc.addTransceiver('video', { direction: 'recvonly' })
  prefer()
}

function prefer() {
  if (!wishes.formats) return
  const all = RTCRtpReceiver.getCapabilities('video').codecs
  const wanted = all.filter(({ mimeType }) => [...wishes.formats, 'video/rtx'].includes(mimeType))
  for (const one of pc.getTransceivers()) {
    if (one.receiver.track.kind === 'video') one.setCodecPreferences(wanted)
  }
}

async function negotiate() {
  if (!ready) return
  offering = true
  try {
    await pc.setLocalDescription()
    describe()
  } finally {
    offering = false
  }
}

// Takes a signal of the other end's.
async function take(what) {
  if (what.link === 'candidates') {
    for (const candidate of what.candidates) await pc.addIceCandidate(candidate)
    return
  }
  const offer = what.kind === 'offer'
  if (offer && !polite && (offering || pc.signalingState !== 'stable')) return
  if (!ready) prepare()
  await pc.setRemoteDescription({ type: what.kind, sdp: what.sdp })
  if (!offer) return
  await pc.setLocalDescription()
  describe()
}

const sender = kind => pc.getSenders().find(({ track }) => track?.kind === kind)

async function stats() {
  return [...(await pc.getStats()).values()]
}

// The candidates of the way that is used.
async function way() {
  const all = new Map((await stats()).map(one => [one.id, one]))
  const transport = [...all.values()].find(({ type }) => type === 'transport')
  const pair = all.get(transport?.selectedCandidatePairId)
  if (!pair) return null
  const end = ({ candidateType, protocol, address, port }) => ({ candidateType, protocol, address, port })
  return { local: end(all.get(pair.localCandidateId)), remote: end(all.get(pair.remoteCandidateId)) }
}

// How pictures are coded that come in and go out.
async function coded() {
  const all = new Map((await stats()).map(one => [one.id, one]))
  const of = kind => [...all.values()].find(one => one.type === kind && one.kind === 'video' && one.codecId)
  const name = one => one && all.get(one.codecId)?.mimeType
  return { in: name(of('inbound-rtp')), out: name(of('outbound-rtp')) }
}

async function figures(kind, media) {
  const all = await stats()
  return all.find(one => one.type === kind && one.kind === media) ?? {}
}

/** A moving picture of nobody, painted: a room with a window, and someone in it who nods. */

export interface Looks {
  wall: string;
  shirt: string;
  skin: string;
  hair: string;
}

export const LOOKS: Record<'mine' | 'theirs', Looks> = {
  theirs: { wall: '#39545c', shirt: '#b9572f', skin: '#d9a47e', hair: '#3a2618' },
  mine: { wall: '#5b4a63', shirt: '#2f7d74', skin: '#b98562', hair: '#1d1a1c' },
};

export function paint(context: OffscreenCanvasRenderingContext2D, width: number, height: number, seconds: number, looks: Looks): void {
  const unit = height / 100;
  const across = width / unit;
  context.save();
  context.scale(unit, unit);
  const wall = context.createLinearGradient(0, 0, across, 100);
  wall.addColorStop(0, looks.wall);
  wall.addColorStop(1, '#1d2427');
  context.fillStyle = wall;
  context.fillRect(0, 0, across, 100);
  windowAndSky(context, across, seconds);
  shelf(context, across);
  const sway = Math.sin(seconds * 1.1) * 2.2;
  const nod = Math.sin(seconds * 2.3) * 1.1;
  someone(context, across / 2 + sway, 6 + nod, looks, Math.abs(Math.sin(seconds * 5.3)));
  context.restore();
}

function windowAndSky(context: OffscreenCanvasRenderingContext2D, across: number, seconds: number): void {
  const left = across * 0.07;
  const sky = context.createLinearGradient(0, 10, 0, 55);
  sky.addColorStop(0, '#8fbbd6');
  sky.addColorStop(1, '#f0d9b5');
  context.fillStyle = sky;
  context.fillRect(left, 10, 34, 44);
  context.fillStyle = 'rgb(255 255 255 / 70%)';
  const drift = (seconds * 1.5) % 50;
  context.save();
  context.beginPath();
  context.rect(left, 10, 34, 44);
  context.clip();
  for (const [x, y, size] of [[0, 20, 5], [18, 27, 4], [-22, 17, 3.4]] as const) {
    context.beginPath();
    context.ellipse(left + ((x + drift + 50) % 50) - 8, y, size * 1.9, size * 0.7, 0, 0, 7);
    context.fill();
  }
  context.restore();
  context.strokeStyle = '#e9e2d6';
  context.lineWidth = 1.6;
  context.strokeRect(left, 10, 34, 44);
  context.beginPath();
  context.moveTo(left + 17, 10);
  context.lineTo(left + 17, 54);
  context.stroke();
}

function shelf(context: OffscreenCanvasRenderingContext2D, across: number): void {
  const left = across * 0.74;
  context.fillStyle = '#241c17';
  context.fillRect(left, 40, across * 0.24, 2);
  const books = ['#8d3b32', '#d0a04a', '#3d6f7a', '#6b5a86', '#4a7a4c', '#b7b0a3'];
  books.forEach((colour, index) => {
    context.fillStyle = colour;
    const tall = 13 + ((index * 7) % 6);
    context.fillRect(left + 2 + index * 4.2, 40 - tall, 3.4, tall);
  });
}

function someone(context: OffscreenCanvasRenderingContext2D, x: number, y: number, looks: Looks, mouth: number): void {
  context.fillStyle = looks.shirt;
  context.beginPath();
  context.moveTo(x - 38, 100);
  context.bezierCurveTo(x - 36, 70 + y / 3, x - 18, 66 + y / 3, x, 66 + y / 3);
  context.bezierCurveTo(x + 18, 66 + y / 3, x + 36, 70 + y / 3, x + 38, 100);
  context.fill();
  context.fillStyle = looks.skin;
  context.fillRect(x - 6, 54 + y / 2, 12, 15);
  context.fillStyle = looks.hair;
  context.beginPath();
  context.ellipse(x, 32 + y, 19.5, 22, 0, 0, 7);
  context.fill();
  context.fillStyle = looks.skin;
  context.beginPath();
  context.ellipse(x, 37 + y, 15.5, 20, 0, 0, 7);
  context.fill();
  context.fillStyle = looks.hair;
  context.beginPath();
  context.ellipse(x - 3, 20 + y, 16, 7, -0.2, 0, 7);
  context.fill();
  context.fillStyle = '#2a1d18';
  for (const side of [-6, 6]) {
    context.beginPath();
    context.ellipse(x + side, 35 + y, 1.5, 1.7, 0, 0, 7);
    context.fill();
  }
  context.fillStyle = '#7d3b33';
  context.beginPath();
  context.ellipse(x, 47 + y, 4.2, 0.8 + mouth * 1.8, 0, 0, 7);
  context.fill();
}

/** BT.601, limited range, as cameras and codecs have it. */
export function toI420({ data, width, height }: ImageData, planes: Uint8Array): void {
  const chroma = width * height;
  const half = width / 2;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const [r = 0, g = 0, b = 0] = [data[at], data[at + 1], data[at + 2]];
      planes[y * width + x] = 16 + ((66 * r + 129 * g + 25 * b + 128) >> 8);
      if (x % 2 === 0 && y % 2 === 0) {
        const to = chroma + (y / 2) * half + x / 2;
        planes[to] = 128 + ((-38 * r - 74 * g + 112 * b + 128) >> 8);
        planes[to + chroma / 4] = 128 + ((112 * r - 94 * g - 18 * b + 128) >> 8);
      }
    }
  }
}

import { DRIVER_STATES } from '../state/vehicle-table.js';
import { css, type Palette, type Rgb } from './palette.js';

const CELL = 96;
const PINS = ['pin-pickup', 'pin-dropoff'] as const;

export type PinName = (typeof PINS)[number];

export interface IconAtlas {
  /** Data URL. */
  readonly image: string;
  readonly mapping: Record<
    string,
    { x: number; y: number; width: number; height: number; anchorY: number; mask: false }
  >;
}

/** A car from above, nose up. */
function drawCar(ctx: CanvasRenderingContext2D, colour: Rgb, palette: Palette): void {
  const [x, y, width, height] = [29, 10, 38, 76];
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, [17, 17, 11, 11]);
  ctx.lineWidth = 9;
  ctx.strokeStyle = palette.vehicleEdge;
  ctx.stroke();
  ctx.fillStyle = css(colour);
  ctx.fill();
  ctx.fillStyle = palette.vehicleGlass;
  ctx.beginPath();
  ctx.moveTo(x + 5, y + 27);
  ctx.quadraticCurveTo(x + width / 2, y + 16, x + width - 5, y + 27);
  ctx.lineTo(x + width - 8, y + 38);
  ctx.quadraticCurveTo(x + width / 2, y + 33, x + 8, y + 38);
  ctx.closePath();
  ctx.fill();
  ctx.beginPath();
  ctx.roundRect(x + 8, y + height - 17, width - 16, 9, 4);
  ctx.fill();
}

/** A drop with its point at the bottom; the pick-up has a dot, the drop-off a square. */
function drawPin(ctx: CanvasRenderingContext2D, name: PinName, palette: Palette): void {
  const colour = name === 'pin-pickup' ? palette.pickup : palette.dropoff;
  const [centreX, centreY, radius] = [CELL / 2, 38, 27];
  ctx.beginPath();
  ctx.arc(centreX, centreY, radius, Math.PI * 0.8, Math.PI * 0.2);
  ctx.quadraticCurveTo(centreX + 12, centreY + 32, centreX, CELL - 6);
  ctx.quadraticCurveTo(centreX - 12, centreY + 32, centreX - radius * 0.81, centreY + radius * 0.59);
  ctx.closePath();
  ctx.lineWidth = 7;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = palette.vehicleEdge;
  ctx.stroke();
  ctx.fillStyle = css(colour);
  ctx.fill();
  ctx.fillStyle = palette.outside;
  ctx.beginPath();
  if (name === 'pin-pickup') ctx.arc(centreX, centreY, 10, 0, Math.PI * 2);
  else ctx.roundRect(centreX - 9, centreY - 9, 18, 18, 3);
  ctx.fill();
}

/** Every icon of the map in one image; deck.gl keeps one texture of it. */
export function drawIconAtlas(palette: Palette): IconAtlas {
  const canvas = document.createElement('canvas');
  const names = [...DRIVER_STATES, ...PINS];
  canvas.width = CELL * names.length;
  canvas.height = CELL;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('this browser gives no 2d canvas');
  const mapping: IconAtlas['mapping'] = {};
  names.forEach((name, column) => {
    ctx.save();
    ctx.translate(column * CELL, 0);
    const isPin = name === 'pin-pickup' || name === 'pin-dropoff';
    if (isPin) drawPin(ctx, name, palette);
    else drawCar(ctx, palette.states[name], palette);
    ctx.restore();
    mapping[name] = {
      x: column * CELL,
      y: 0,
      width: CELL,
      height: CELL,
      anchorY: isPin ? CELL - 6 : CELL / 2,
      mask: false,
    };
  });
  return { image: canvas.toDataURL(), mapping };
}

/** `12.50`: in the city's currency, which packs do not name. */
export function money(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** `less than a minute`, `1 minute`, `7 minutes`. */
export function minutes(seconds: number): string {
  if (seconds < 45) return 'less than a minute';
  const count = Math.round(seconds / 60);
  return count <= 1 ? '1 minute' : `${count} minutes`;
}

/** `350 m`, `2.4 km`. */
export function distance(meters: number): string {
  return meters < 950 ? `${Math.round(meters / 10) * 10} m` : `${(meters / 1000).toFixed(1)} km`;
}

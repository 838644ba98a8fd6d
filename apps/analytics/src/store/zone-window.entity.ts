import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One zone in one minute of city time. */
@Entity({ name: 'zone_window' })
export class ZoneWindow {
  @PrimaryColumn('text')
  zone!: string;

  @PrimaryColumn('timestamptz', { name: 'window_start' })
  windowStart!: Date;

  @Column('int')
  requests!: number;

  @Column('int')
  matches!: number;

  @Column('int')
  completions!: number;

  @Column('int', { name: 'cancelled_by_rider' })
  cancelledByRider!: number;

  @Column('int', { name: 'cancelled_by_driver' })
  cancelledByDriver!: number;

  @Column('int', { name: 'cancelled_by_platform' })
  cancelledByPlatform!: number;

  @Column('int', { name: 'no_driver_found' })
  noDriverFound!: number;

  /** Seconds from request to first match, one for each. */
  @Column('real', { name: 'waits_s', array: true, select: false })
  waitsS!: number[];

  @Column('real', { name: 'pickups_s', array: true, select: false })
  pickupsS!: number[];

  @Column('real', { name: 'wait_p50_s', nullable: true })
  waitP50S!: number | null;

  @Column('real', { name: 'wait_p90_s', nullable: true })
  waitP90S!: number | null;

  /** Drivers and surge are known once the window has closed. */
  @Column('int', { name: 'idle_drivers', nullable: true })
  idleDrivers!: number | null;

  @Column('int', { name: 'busy_drivers', nullable: true })
  busyDrivers!: number | null;

  @Column('real', { nullable: true })
  surge!: number | null;

  @Column('boolean')
  closed!: boolean;
}

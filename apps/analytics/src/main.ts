import { runApp } from '@ridestream/platform/http/run-app';
import { analyticsApp } from './analytics-app.js';

await runApp(() => analyticsApp(process.env));

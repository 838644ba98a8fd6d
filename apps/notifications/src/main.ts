import { runApp } from '@ridestream/platform/http/run-app';
import { notificationsApp } from './notifications-app.js';

await runApp(() => notificationsApp(process.env));

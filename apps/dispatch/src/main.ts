import { runApp } from '@ridestream/platform/http/run-app';
import { dispatchApp } from './dispatch-app.js';

await runApp(() => dispatchApp(process.env));

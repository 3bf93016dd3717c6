import { testScreens } from './screens.ts';

testScreens({ name: 'light', colorScheme: 'light', width: 1280 });

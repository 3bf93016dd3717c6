import { testScreens } from './screens.ts';

testScreens({ name: 'small', colorScheme: 'light', width: 360 });

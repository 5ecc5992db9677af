// Images of one patch. Part of level.h, before and after what it takes from inner.h.

// centre_patch fills in what a product of images of one patch takes: their tokens less what those of all
// images have in common, which no distance changes by and sums of products are the more exact without.
// Windows of all radii are alike. A normalised token has about the length sqrt(C), by which the centre
// is divided as the token was; of a centre that is no number nothing is taken away.
TARGET static void NAME(centre_patch)(const musc_shape *shape, image_view *v, const float *centre)
{
    int64_t channels = shape->channels;
    float *token = v->tokens, scale = 1 / sqrtf((float)channels);
    for (int64_t c = 0; *v->active && c < channels; c++) {
        float common = centre[c] * scale;
        v->centred[c] = token[c] - (common - common == 0 ? common : 0);
    }
    *v->square = *v->active ? (float)NAME(inner)(v->centred, v->centred, channels) : NAN;
    for (int64_t d = 1; d < shape->degrees; d++)
        memcpy(v->tokens + d * channels, token, channels * sizeof *token);
}

// patch_distance compares two images of one patch.
TARGET static float NAME(patch_distance)(const musc_shape *shape, const float *a, const float *b)
{
    image_view one, other;
    view_image(&one, shape, &NAME(sizes), (float *)a);
    view_image(&other, shape, &NAME(sizes), (float *)b);
    if (!*one.active || !*other.active)
        return INFINITY;
    return NAME(distance)(one.tokens, other.tokens, shape->channels);
}

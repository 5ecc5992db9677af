package verdict

// none gives no thresholds, so that no image has a verdict.
type none struct{}

func newNone(method string, _ []Label) (Estimator, error) {
	if method != "none" {
		return nil, nil
	}
	return none{}, nil
}

func (none) Estimate([]float64, []string) (Thresholds, error) {
	return Thresholds{Why: "none was asked for"}, nil
}
